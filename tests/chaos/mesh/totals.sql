SELECT
    count(*) AS orders,
    CAST(sum(amount) AS DECIMAL(12, 2)) AS amount
FROM sales.orders.lines
