//! What a mail says: facts in, subject, plain text, HTML and MIME out.
