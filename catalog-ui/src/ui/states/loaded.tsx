import {
  type QueryKey,
  type UseQueryOptions,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Cancelled, Loading } from '@/ui/states/loading';
import { ProblemView } from '@/ui/states/problem-view';
import { Stale, StaleContext } from '@/ui/states/stale';

export interface LoadedProps<Data, Key extends QueryKey> {
  query: UseQueryOptions<Data, Error, Data, Key>;
  /** As it stands in a sentence: `this product`, `requests`. */
  what: string;
  skeleton?: ReactNode;
  /** Small problems inside a card; other cards keep working. */
  small?: boolean;
  /** Put around every state that has no data, where the data bring the frame of the page themselves. */
  frame?: (state: ReactNode) => ReactNode;
  children: (data: Data, state: { refetch: () => void; isFetching: boolean }) => ReactNode;
}

/**
 * What a query brings, in whichever of the states it is: loading, slow, problem, stale, there.
 * Whether it is empty only the caller can tell; see `Empty`.
 */
export function Loaded<Data, Key extends QueryKey>(props: LoadedProps<Data, Key>) {
  const { query, what, skeleton, small, frame = (state) => state, children } = props;
  const client = useQueryClient();
  const result = useQuery(query);
  const refetch = () => void result.refetch();

  if (result.data === undefined) {
    if (result.isError) {
      return frame(<ProblemView error={result.error} onRetry={refetch} small={small} />);
    }
    if (result.fetchStatus === 'idle') return frame(<Cancelled what={what} onAgain={refetch} />);
    const cancel = () => void client.cancelQueries({ queryKey: query.queryKey, exact: true });
    return frame(<Loading what={what} skeleton={skeleton} onCancel={cancel} />);
  }
  const stale = result.isError || result.isRefetchError;
  return (
    <StaleContext value={stale}>
      {stale ? <Stale since={result.dataUpdatedAt} onRetry={refetch} /> : null}
      {children(result.data, { refetch, isFetching: result.isFetching })}
    </StaleContext>
  );
}
