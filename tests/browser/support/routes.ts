import { expect, type Page } from '@playwright/test';
import type { Mesh } from './mesh.ts';

export interface Route {
  /** `:commit` stands for the one that is in force. */
  path: string;
  /** Who looks: somebody who finds something there, or nobody who is signed in. */
  as: string | null;
  /** What tells that the page is complete. */
  shows: RegExp;
  /** Most calls of the API that it may take to get there, the session among them; the stream of events is none. */
  calls: number;
  /** What it asks for is refused, on purpose. */
  refused?: true;
}

/** Every page, in the states that it has for somebody who can use it. */
export const routes: readonly Route[] = [
  { path: '/', as: 'omar', shows: /Your products/, calls: 4 },
  { path: '/search?q=delay', as: 'dana', shows: /punctuality\.delays/, calls: 4 },
  { path: '/search?q=xqzt', as: 'dana', shows: /Nothing matches/, calls: 4 },
  { path: '/domains/loyalty', as: 'lena', shows: /loyalty\.members|Members/, calls: 5 },
  { path: '/p/loyalty/members', as: 'dana', shows: /Can I use it\?/, calls: 4 },
  { path: '/p/loyalty/members?tab=schema', as: 'dana', shows: /birth_date/, calls: 6 },
  { path: '/p/loyalty/members?tab=schema&port=profiles&col=email', as: 'dana', shows: /Who can see it/, calls: 8 },
  { path: '/p/punctuality/delays?tab=lineage', as: 'dana', shows: /aviation/, calls: 5 },
  { path: '/p/loyalty/members?tab=access', as: 'dana', shows: /Held back from you/, calls: 5 },
  { path: '/p/aviation/flights?tab=quality', as: 'omar', shows: /Checks of the contract/, calls: 6 },
  { path: '/p/aviation/flights?tab=usage', as: 'omar', shows: /ninety days/, calls: 6 },
  { path: '/p/aviation/flights?tab=changes', as: 'omar', shows: /Live/, calls: 5 },
  { path: '/p/no/where', as: 'omar', shows: /not something you may know of/, calls: 5, refused: true },
  { path: '/sql', as: 'dana', shows: /Run a statement to see its rows/, calls: 5 },
  { path: '/lineage?focus=punctuality.delays', as: 'dana', shows: /delays/, calls: 5 },
  { path: '/lineage?focus=punctuality.delays&view=list', as: 'dana', shows: /delays/, calls: 5 },
  { path: '/requests', as: 'lena', shows: /Requests/, calls: 4 },
  { path: '/requests?new=loyalty.members.profiles&columns=full_name', as: 'dana', shows: /A request is the smallest change/, calls: 8 },
  { path: '/access/explain?who=dana&what=loyalty.members.profiles&col=email', as: 'greta', shows: /What it rests on/, calls: 6 },
  { path: '/access/roster?what=loyalty.members.profiles&col=email', as: 'greta', shows: /principals see all of it in clear/, calls: 6 },
  { path: '/policies', as: 'greta', shows: /rules/, calls: 4 },
  { path: '/policies/simulate?file=products/loyalty/access.csv', as: 'greta', shows: /Change a text first/, calls: 5 },
  { path: '/policies/products~loyalty~access.csv:17', as: 'greta', shows: /Who it affects now[^]*Principal/, calls: 8 },
  { path: '/publish/:commit', as: 'omar', shows: /Live in/, calls: 4 },
  { path: '/publish', as: 'omar', shows: /live/, calls: 4 },
  { path: '/connect?client=python&port=aviation.flights.departures', as: 'dana', shows: /adbc/, calls: 6 },
  { path: '/ops', as: 'pia', shows: /Version|Storage|Queue/i, calls: 6 },
  { path: '/me', as: 'dana', shows: /data-scientists/, calls: 6 },
  { path: '/p/loyalty/members?signed-out', as: null, shows: /Sign in to the mesh/, calls: 2 },
  { path: '/api', as: 'nobody', shows: /access\/explain/, calls: 4 },
  { path: '/docs/', as: 'nobody', shows: /Manual/, calls: 4 },
  { path: '/docs/errors/W0301', as: 'nobody', shows: /W0301/, calls: 4 },
];

/** Goes there and waits until all of it is there. */
export async function visit(page: Page, route: Route, mesh: Mesh): Promise<void> {
  await page.goto(route.path.replace(':commit', () => mesh.repository.head()));
  // Not `main` alone: a drawer hides it from everybody else.
  await expect(page.locator('body')).toContainText(route.shows);
  await expect(page.locator('[data-state=loading]')).toHaveCount(0);
}
