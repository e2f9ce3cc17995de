"""Bodies and answers of `/api/v2`, one module for each noun."""
