//! The one door to addresses that others name: checked at registration and again when it connects.
