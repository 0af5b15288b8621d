import { useParams, useSearch } from '@tanstack/react-router';
import { Product } from '@/features/product/product';

export function ProductPage() {
  const { domain, product } = useParams({ from: '/p/$domain/$product' });
  const { tab, port, col } = useSearch({ from: '/p/$domain/$product' });
  return (
    <Product
      key={`${domain}.${product}`}
      domain={domain}
      product={product}
      tab={tab}
      port={port}
      col={col}
    />
  );
}
