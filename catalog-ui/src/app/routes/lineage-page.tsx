import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { Explorer, type View } from '@/features/lineage/explorer';
import { Picker } from '@/features/lineage/picker';
import { addressOf, viewOf } from '@/features/lineage/view';

export function LineagePage() {
  const search = useSearch({ from: '/lineage' });
  const navigate = useNavigate();
  const view = useMemo(() => viewOf(search), [search]);
  const onView = useCallback(
    (change: Partial<View>) => {
      if (view === null) return;
      // Another start is another place to come back to; the rest is the same place seen otherwise.
      const replace = change.focus === undefined;
      void navigate({ to: '/lineage', search: addressOf({ ...view, ...change }), replace });
    },
    [view, navigate],
  );
  return view === null ? <Picker /> : <Explorer view={view} onView={onView} />;
}
