import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { Workbench } from '@/features/sql/workbench';

export function SqlPage() {
  const { id, q, port, as_of: asOf, purpose } = useSearch({ from: '/sql' });
  const navigate = useNavigate();
  const start = useMemo(() => ({ id, q, port, asOf, purpose }), [id, q, port, asOf, purpose]);
  const onTab = useCallback(
    (tab: string) => void navigate({ to: '/sql', search: { id: tab }, replace: true }),
    [navigate],
  );
  return <Workbench start={start} onTab={onTab} />;
}
