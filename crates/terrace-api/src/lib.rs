//! OpenStack calls as values, transport, authentication, catalogue, errors.
