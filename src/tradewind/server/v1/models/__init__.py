"""Bodies and answers of `/api/v1`, one module for each noun."""
