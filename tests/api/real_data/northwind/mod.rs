//! Northwind: the whole picture of customers: companies, the people we talk to there, what they ordered, what was sent
//! of it and how late.

mod customers;
mod sales;

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;

use super::{in_parallel, one_in, twice};
use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::holds_together;
use crate::support::data::{self, Row};

/// The name of this system in references.
const SYSTEM: &str = "northwind";

/// What is read of it; of PostgreSQL's share, the orders of those customers alone.
struct Northwind {
    customers: Vec<Row>,
    products: Vec<Row>,
    /// By customer, in the order of time.
    orders: BTreeMap<String, Vec<Row>>,
    /// By order.
    lines: BTreeMap<String, Vec<Row>>,
}

impl Northwind {
    fn read(folder: &Path, every: usize) -> Self {
        let database = Connection::open_in_memory().expect("a database");
        database.execute_batch(&data::text(&folder.join("create.sql"))).expect("the script runs");
        let products = "SELECT * FROM Products JOIN Categories USING (CategoryID) ORDER BY ProductID";
        let orders = "SELECT Orders.*, CompanyName AS Carrier FROM Orders JOIN Shippers ON ShipVia = ShipperID \
                      ORDER BY OrderDate, OrderID";
        let customers = data::rows(&database, "SELECT * FROM Customers ORDER BY CustomerID");
        let customers: Vec<Row> = customers.into_iter().step_by(every).collect();
        let mut orders = data::grouped(data::rows(&database, orders), "CustomerID");
        orders.retain(|customer, _| customers.iter().any(|row| row["CustomerID"] == *customer));
        let lines = data::rows(&database, r#"SELECT * FROM "Order Details" ORDER BY OrderID, ProductID"#);
        let lines = data::grouped(lines, "OrderID");
        Self { customers, products: data::rows(&database, products), orders, lines }
    }
}

/// The id of a customer, without the blank at the end of one of them.
fn id_of(row: &Row) -> &str {
    row["CustomerID"].trim()
}

both! {
    async fn northwind_comes_in_once_with_everything(app: TestApp) {
        let Some(folder) = data::set("northwind") else { return };
        let every = one_in(&app, 5);
        let source = Northwind::read(&folder, every);
        let admin = app.admin().await;
        twice(&app, async |status| {
            let products = sales::send_products(&admin, &source, status).await;
            in_parallel(&source.customers, async |row| {
                let customer = customers::send(&admin, row, status).await;
                sales::send(&admin, &source, (row, &customer), &products, status).await;
            })
            .await;
            sales::discontinue(&admin, &source, &products).await;
        })
        .await;
        let ids = customers::come_back(&admin, &source, every).await;
        sales::come_back(&admin, &source, &ids, every).await;
        holds_together(app.store()).await;
    }
}
