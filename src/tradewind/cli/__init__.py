"""The commands `tradewind` and `airflow`: parse, call one service, render. Business rules live in `services`."""
