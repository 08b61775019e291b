//! Kundenhistorie: every customer, and the complete, gapless, verifiable history of what happened.

pub mod app;
pub mod auth;
pub mod cli;
pub mod config;
pub mod content;
pub mod demo;
pub mod domain;
pub mod entities;
pub mod error;
pub mod handlers;
pub mod history;
pub mod jobs;
pub mod openapi;
pub mod routes;
pub mod schemas;
pub mod services;
pub mod telemetry;
pub mod web;
