"""What proves carried traffic: tickets and receipts, as values and as signed bytes."""
