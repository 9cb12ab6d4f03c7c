"""From receipts to postings: what was carried, what is due, and when it is paid."""
