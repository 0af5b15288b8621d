import { getRouteApi } from '@tanstack/react-router';
import { Roster } from '@/features/roster/roster';
import { t } from '@/features/roster/words';
import { Page } from '@/ui/page';

const route = getRouteApi('/access/roster');

export function RosterPage() {
  const { what, col, at } = route.useSearch();
  return (
    <Page title={t('title')} lead={t('lead')}>
      <Roster what={what} col={col} at={at} />
    </Page>
  );
}
