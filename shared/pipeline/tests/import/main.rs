//! The importer from outside: every quirk of an export that is known, one test each.

mod chatgpt;
mod claude;
mod damage;
mod data;
mod files;
mod fixtures;
mod flat;
mod generated;
mod hostile;
mod notes;
mod watching;
