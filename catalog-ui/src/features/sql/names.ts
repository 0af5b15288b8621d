import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type Port, portQuery, productsQuery } from '@/api/catalog';
import type { LivingNames } from '@/features/sql/completing';

/** What this person may name; columns are asked for port by port, when somebody looks or writes. */
export function useNames(): LivingNames {
  const client = useQueryClient();
  const { data } = useQuery(productsQuery);
  return useMemo(() => {
    const columnsOf = (port: string) =>
      client.getQueryData<Port>(portQuery(port).queryKey)?.columns;
    const learn = async (ports: readonly string[]) => {
      // What cannot be asked for is not completed; the statement itself will say why.
      await Promise.allSettled(ports.map((port) => client.ensureQueryData(portQuery(port))));
    };
    return { products: data ?? [], columnsOf, learn };
  }, [client, data]);
}
