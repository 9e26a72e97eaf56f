//! Which of two is stricter.
