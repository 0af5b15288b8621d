SELECT
    order_id,
    amount
FROM sales.orders.lines
WHERE amount >= 50
