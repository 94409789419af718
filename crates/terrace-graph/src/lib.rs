//! The dependency graph of resource instances, acyclic by construction.
