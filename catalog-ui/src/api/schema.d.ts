// Stands in until platform/docs/openapi.json is there and `npm run api` writes this file.
export interface components { schemas: {
BackfillRequest: {
  from: string;
  to: string;
};
Backfill: {
  range: string;
  intervals: number;
  doneBefore: number;
  commits: number;
  release: number;
  tableVersion: number;
  rows?: number | null;
  run: string;
};
Lineage: {
  focus: string;
  level: string;
  nodes: (components['schemas']['LineageNode'])[];
  edges: (components['schemas']['LineageEdge'])[];
  complete: boolean;
  graphVersion?: string;
  clusters?: (components['schemas']['LineageCluster'])[];
  clusterEdges?: (components['schemas']['LineageClusterEdge'])[];
  width?: number;
  height?: number;
};
LineageNode: {
  id: string;
  level: string;
  product: string;
  port?: string | null;
  column?: string | null;
  hops: number;
  owner?: string | null;
  state?: components['schemas']['LineageState'] | null;
  place?: components['schemas']['LineagePlace'] | null;
  cluster?: string | null;
};
LineageEdge: {
  from: string;
  to: string;
  how: (components['schemas']['LineageStep'])[];
  declaredOnly?: boolean;
  release: number;
};
LineageStep: {
  kind: string;
  detail: string;
};
Connections: {
  port?: string | null;
  flight: string;
  http: string;
  clients: (components['schemas']['Connection'])[];
};
Connection: {
  client: string;
  title: string;
  language: string;
  text: string;
  install: string;
};
Ops: {
  version: string;
  startedAt: string;
  revision?: string | null;
  lights: (components['schemas']['Light'])[];
  queries: (components['schemas']['QueryLine'])[];
  denied: (components['schemas']['DeniedLine'])[];
};
Light: {
  name: string;
  state: string;
  detail: string;
};
QueryLine: {
  id: string;
  principal: string;
  at: string;
  status: string;
  durationMs?: number | null;
  rows?: number | null;
  ports: (string)[];
  door?: string | null;
};
DeniedLine: {
  query: string;
  principal: string;
  at: string;
  object: string;
  action: string;
  because: (string)[];
};
SqlRequest: {
  sql: string;
  parameters?: (unknown)[];
  purpose?: string | null;
  asOf?: string | null;
  limit?: number | null;
};
SqlAnswer: {
  id: string;
  columns: (components['schemas']['SqlColumn'])[];
  rows: ((unknown)[])[];
  terms: (components['schemas']['SqlTerms'])[];
  truncated: boolean;
  problem?: components['schemas']['Problem'] | null;
};
SqlTerms: {
  port: string;
  masks: Record<string, unknown>;
  hidden: (string)[];
  filters: (string)[];
};
SqlColumn: {
  name: string;
  type: string;
  nullable: boolean;
};
Me: {
  principal: string;
  kind: string;
  groups: (string)[];
  flight: string;
};
Usage: {
  port: string;
  byEveryone: boolean;
  days: (components['schemas']['UsageDay'])[];
  columns: (components['schemas']['UsageColumn'])[];
};
UsageDay: {
  day: string;
  queries: number;
  principals: number;
};
UsageColumn: {
  name: string;
  queries: number;
  lastAt: string;
};
Event: {
  id: number;
  at: string;
  kind: string;
  subject: string;
};
DomainSummary: {
  name: string;
  description: string;
  owner: string;
  contact?: string | null;
  products: (string)[];
};
ProductSummary: {
  name: string;
  title?: string | null;
  version?: string | null;
  status?: string | null;
  purpose: string;
  tags: (string)[];
  owner: string;
  release: number;
  at: string;
  ports: (components['schemas']['PortSummary'])[];
};
Product: {
  name: string;
  title?: string | null;
  version?: string | null;
  status?: string | null;
  purpose: string;
  tags: (string)[];
  owner: string;
  release: number;
  revision: string;
  at: string;
  ports: (components['schemas']['Port'])[];
  inputs: (components['schemas']['Input'])[];
  feeds: (string)[];
  purposes: (string)[];
  file: string;
  contact?: string | null;
  answers: boolean;
};
Input: {
  name: string;
  port: string;
  contract: components['schemas']['ContractId'];
};
ContractId: {
  id: string;
  version: string;
};
Release: {
  product: string;
  number: number;
  revision: string;
  plan: string;
  at: string;
  version?: string | null;
  current: boolean;
  retired?: boolean;
  rolledBack?: components['schemas']['RolledBack'] | null;
  ports: (components['schemas']['ReleasedPort'])[];
};
RolledBack: {
  to: number;
  from: number;
  by?: string | null;
  reason: string;
};
RollBackRequest: {
  to?: number | null;
  reason: string;
  acceptBreaking?: boolean;
};
ReleasedPort: {
  name: string;
  tableVersion?: number | null;
  rows?: number | null;
};
RevisionStory: {
  revision: string;
  author?: string | null;
  committedAt?: string | null;
  signature?: string | null;
  state: string;
  sentence: string;
  steps: (components['schemas']['RevisionStep'])[];
  runs: (components['schemas']['Run'])[];
};
RevisionStep: {
  name: string;
  state: string;
  detail: string;
  at?: string | null;
  durationMs?: number | null;
  diagnostics: (components['schemas']['RunDiagnostic'])[];
  ports: (components['schemas']['RunStep'])[];
};
PortSummary: {
  name: string;
  description: string;
  kind: string;
  readable: boolean;
  rows?: number | null;
};
Port: {
  name: string;
  description: string;
  kind: string;
  contract: components['schemas']['ContractId'];
  columns: (components['schemas']['Column'])[];
  primaryKey: (string)[];
  foreignKeys: (components['schemas']['ForeignKey'])[];
  file: string;
  readable: boolean;
  hidesRows: boolean;
  rows?: number | null;
  bytes?: number | null;
  tableVersion?: number | null;
  release: number;
  at: string;
  quality: components['schemas']['Quality'];
  serviceLevels: (components['schemas']['Check'])[];
};
Quality: {
  passed: number;
  failed: number;
  unknown: number;
  at?: string | null;
};
ForeignKey: {
  name: string;
  columns: (string)[];
  target: string;
  targetColumns: (string)[];
};
Column: {
  name: string;
  description: string;
  type: string;
  required: boolean;
  unique: boolean;
  primaryKeyPosition?: number | null;
  classification?: string | null;
  tags: (string)[];
  sees: string;
  mask?: string | null;
};
Contract: {
  port: string;
  id: string;
  version: string;
  status?: string | null;
  purpose: string;
  file: string;
  revision: string;
  document?: string | null;
  roles: (components['schemas']['ContractRole'])[];
};
ContractRole: {
  name: string;
  access?: string | null;
  approvers: (string)[];
};
Problem: {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  trace_id: string;
  explain_id?: string | null;
};
PlanRequest: {
  files: { [key: string]: string | null };
};
Planned: {
  revision: string;
  refused: boolean;
  diagnostics: (components['schemas']['RunDiagnostic'])[];
  steps: (components['schemas']['PlannedStep'])[];
  access: (components['schemas']['SimulatedChange'])[];
};
PlannedStep: {
  port: string;
  change: string;
  reason: string;
};
Run: {
  id: string;
  revision: string;
  author?: string | null;
  committedAt?: string | null;
  signature?: string | null;
  startedAt: string;
  endedAt?: string | null;
  status: string;
  plan?: string | null;
  diagnostics: (components['schemas']['RunDiagnostic'])[];
  steps: (components['schemas']['RunStep'])[];
};
RunDiagnostic: {
  code: string;
  severity: string;
  message: string;
  file: string;
  line: number;
  column: number;
  help?: string | null;
  product?: string | null;
};
RunStep: {
  port: string;
  change: string;
  status: string;
  message?: string | null;
  rows?: number | null;
  tableVersion?: number | null;
  startedAt?: string | null;
  endedAt?: string | null;
  durationMs?: number | null;
};
Home: {
  needs: (components['schemas']['Need'])[];
  products: (components['schemas']['OwnProduct'])[];
  recent: (string)[];
  changed: (components['schemas']['ChangeNear'])[];
  domains: number;
  productsCount: number;
  ports: number;
};
Need: {
  kind: string;
  subject: string;
  text: string;
  at: string;
};
OwnProduct: {
  product: components['schemas']['ProductSummary'];
  quality: components['schemas']['Quality'];
  late?: boolean | null;
  consumers: number;
  queries: (number)[];
};
ChangeNear: {
  product: string;
  release: number;
  at: string;
  what: string;
};
Session: {
  signedIn: boolean;
  me?: components['schemas']['Me'] | null;
  csrf?: string | null;
  signIn: components['schemas']['SignIn'];
  pages: (string)[];
  mesh?: string | null;
  environment?: string | null;
  version: string;
};
SignIn: {
  demo: (components['schemas']['DemoPrincipal'])[];
  oidc?: components['schemas']['OidcSignIn'] | null;
};
DemoPrincipal: {
  name: string;
  description: string;
};
OidcSignIn: {
  name: string;
  href: string;
};
SignInRequest: {
  demo?: string | null;
  token?: string | null;
};
TokenRequest: {
  seconds?: number | null;
};
Token: {
  token: string;
  until: string;
};
ErasureRequest: {
  where: string;
  dryRun?: boolean;
};
Check: {
  run?: string | null;
  name: string;
  column?: string | null;
  outcome: string;
  severity?: string | null;
  measured?: number | null;
  threshold?: string | null;
  failingRows?: number | null;
  message?: string | null;
  scannedBytes?: number | null;
  durationMs?: number | null;
  sample?: (Record<string, unknown>)[] | null;
  at: string;
};
Policies: {
  revision: string;
  epoch: number;
  grantsEpoch: number;
  rules: (components['schemas']['PolicyRule'])[];
  complete: boolean;
};
PolicyRule: components['schemas']['RuleLine'] & {
  kind: string;
  who: string;
  what: string;
  action?: string | null;
  when?: string | null;
  domain?: string | null;
  sentence: string;
};
RosterRequest: {
  port: string;
  column?: string | null;
  purpose?: string | null;
  at?: string | null;
};
Roster: {
  port: string;
  column?: string | null;
  purpose?: string | null;
  at: string;
  policyRevision: string;
  groups: (components['schemas']['RosterGroup'])[];
};
RosterGroup: {
  rows: string;
  filters: (components['schemas']['RuleLine'])[];
  columns: (components['schemas']['RosterColumn'])[];
  because: (components['schemas']['RuleLine'])[];
  members: (components['schemas']['RosterMember'])[];
};
RosterColumn: {
  name: string;
  sees: string;
  masks?: string | null;
};
RosterMember: {
  name: string;
  kind: string;
  paths: (components['schemas']['RosterPath'])[];
};
RosterPath: {
  rule: components['schemas']['RuleLine'];
  subject: string;
  chain: (components['schemas']['RosterMembership'])[];
};
RosterMembership: {
  member: string;
  holds: string;
  by?: components['schemas']['RuleLine'] | null;
};
RuleLine: {
  file?: string | null;
  line?: number | null;
  text: string;
};
ExplainRequest: {
  explainId?: string | null;
  who?: string | null;
  port?: string | null;
  column?: string | null;
  purpose?: string | null;
  at?: string | null;
};
Explanations: {
  items: (components['schemas']['Explanation'])[];
};
Explanation: {
  principal: string;
  port: string;
  column?: string | null;
  purpose?: string | null;
  at: string;
  policyRevision: string;
  grantsEpoch: number;
  sees: string;
  hidesRows: boolean;
  percentOfRows?: number | null;
  sentence: string;
  evidence: (components['schemas']['Evidence'])[];
  near: (components['schemas']['NearMiss'])[];
  change?: { kind: 'purpose'; purpose: string } | { kind: 'request'; request: components['schemas']['NewRequest'] } | { kind: 'rule'; text: string } | null;
  recorded: boolean;
};
Evidence: components['schemas']['RuleLine'] & {
  kind: string;
  revision?: string | null;
  decides: boolean;
};
NearMiss: components['schemas']['RuleLine'] & {
  would: string;
  met: (string)[];
  failed: (string)[];
};
SimulateRequest: {
  files: { [key: string]: string | null };
};
Simulated: {
  revision: string;
  changes: (components['schemas']['SimulatedChange'])[];
};
SimulatedChange: {
  port: string;
  change: string;
  columns: (string)[];
  masks?: string | null;
  everyRow: boolean;
  purposes: (string)[];
  peopleCount: number;
  servicesCount: number;
  people?: (string)[] | null;
  services?: (string)[] | null;
  because?: (components['schemas']['RuleLine'])[] | null;
};
NewRequest: {
  port: string;
  columns?: (string)[];
  purpose?: string | null;
  until?: string | null;
  note?: string;
  role?: string | null;
  breakGlass?: boolean;
};
RequestDecision: {
  note?: string;
  columns?: (string)[] | null;
  until?: string | null;
};
Request: {
  id: string;
  asker: string;
  at: string;
  state: string;
  port: string;
  columns: (string)[];
  purpose?: string | null;
  until: string;
  note: string;
  role?: string | null;
  breakGlass: boolean;
  extends?: string | null;
  waitsFor?: (string)[] | null;
  decisions: (components['schemas']['Decided'])[];
  grant?: components['schemas']['Granted'] | null;
  can: (string)[];
};
Decided: {
  by: string;
  at: string;
  what: string;
  note: string;
};
Granted: {
  columns: (string)[];
  since: string;
  until: string;
};
SearchAnswer: {
  items: (components['schemas']['SearchHit'])[];
  total: number;
  facets: components['schemas']['SearchFacets'];
  didYouMean?: string | null;
  tookMs?: number | null;
  next?: string | null;
};
SearchHit: {
  kind: string;
  id: string;
  title?: string | null;
  description: string;
  product?: string | null;
  port?: string | null;
  column?: string | null;
  domain: string;
  owner?: string | null;
  canQuery: boolean;
  columnsReadable: number;
  columnsTotal: number;
  matched: (components['schemas']['SearchMatch'])[];
  moreMatches: number;
};
SearchMatch: {
  field: string;
  of?: string | null;
  text: string;
  offsets: (number[])[];
};
SearchFacets: {
  kinds: (components['schemas']['SearchCount'])[];
  domains: (components['schemas']['SearchCount'])[];
  canQuery: number;
};
SearchCount: {
  name: string;
  count: number;
};
LineageState: {
  freshness?: string | null;
  failedChecks: number;
};
LineagePlace: {
  x: number;
  y: number;
  width: number;
  height: number;
};
LineageCluster: {
  id: string;
  domain: string;
  product?: string | null;
  products: (string)[];
  count: number;
  hops: number;
  place: components['schemas']['LineagePlace'];
};
LineageClusterEdge: {
  from: string;
  to: string;
  count: number;
};
} }
export interface paths {
'/api/v1/connect': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: { port?: string; client?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Connections'] } } } }; };
'/api/v1/sql': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: { content: { 'application/json': components['schemas']['SqlRequest'] } }; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['SqlAnswer'] } } } }; };
'/api/v1/tokens': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: { content: { 'application/json': components['schemas']['TokenRequest'] } }; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Token'] } } } }; };
'/api/v1/ops': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Ops'] } } } }; };
'/api/v1/revisions/{sha}': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: never; header?: never; path: { sha: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['RevisionStory'] } } } }; };
'/api/v1/runs/{id}': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Run'] } } } }; };
'/api/v1/runs': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: { q?: string; after?: string; limit?: number }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': { items: components['schemas']['Run'][]; next?: string | null } } } } }; };
'/api/v1/plan': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: { content: { 'application/json': components['schemas']['PlanRequest'] } }; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Planned'] } } } }; };
'/api/v1/policies': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Policies'] } } } }; };
'/api/v1/access/simulate': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: { content: { 'application/json': components['schemas']['SimulateRequest'] } }; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Simulated'] } } } }; };
'/api/v1/access/roster': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: { content: { 'application/json': components['schemas']['RosterRequest'] } }; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Roster'] } } } }; };
'/api/v1/access/explain': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: { content: { 'application/json': components['schemas']['ExplainRequest'] } }; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Explanations'] } } } }; };
'/api/v1/access/requests/{id}/{verb}': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; post: { parameters: { query?: never; header?: never; path: { id: string; verb: string }; cookie?: never }; requestBody: { content: { 'application/json': components['schemas']['RequestDecision'] } }; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Request'] } } } }; };
'/api/v1/access/requests/{id}/export': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'text/x-patch': string } } } }; };
'/api/v1/access/requests/{id}': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Request'] } } } }; };
'/api/v1/ports/{domain}/{product}/{port}': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: never; header?: never; path: { domain: string; product: string; port: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Port'] } } } }; };
'/api/v1/me': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Me'] } } } }; };
'/api/v1/home': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Home'] } } } } };
'/api/v1/domains': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: { q?: string; after?: string; limit?: number }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': { items: components['schemas']['DomainSummary'][]; next?: string | null } } } } } };
'/api/v1/products': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: { q?: string; after?: string; limit?: number }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': { items: components['schemas']['ProductSummary'][]; next?: string | null } } } } } };
'/api/v1/products/{domain}/{product}': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: never; header?: never; path: { domain: string; product: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Product'] } } } } };
'/api/v1/products/{domain}/{product}/releases': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: never; header?: never; path: { domain: string; product: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': { items: components['schemas']['Release'][]; next?: string | null } } } } } };
'/api/v1/ports/{domain}/{product}/{port}/contract': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: never; header?: never; path: { domain: string; product: string; port: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Contract'] } } } } };
'/api/v1/ports/{domain}/{product}/{port}/checks': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: never; header?: never; path: { domain: string; product: string; port: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': { items: components['schemas']['Check'][]; next?: string | null } } } } } };
'/api/v1/ports/{domain}/{product}/{port}/usage': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: never; header?: never; path: { domain: string; product: string; port: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Usage'] } } } } };
'/api/v1/ports/{domain}/{product}/{port}/sample': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: { limit?: number; purpose?: string }; header?: never; path: { domain: string; product: string; port: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['SqlAnswer'] } } } } };
'/api/v1/lineage': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query: { focus: string; level?: string; hops?: number; up?: number; down?: number }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Lineage'] } } } } };
'/api/v1/search': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: { q?: string; kind?: string; domain?: string; canQuery?: boolean; after?: string; limit?: number }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['SearchAnswer'] } } } } };
'/api/v1/access/requests': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: { q?: string; after?: string; limit?: number }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': { items: components['schemas']['Request'][]; next?: string | null } } } } }; post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: { content: { 'application/json': components['schemas']['NewRequest'] } }; responses: { 201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Request'] } } } }; };
'/api/v1/session': { parameters: { query?: never; header?: never; path?: never; cookie?: never }; get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Session'] } } } }; post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: { content: { 'application/json': components['schemas']['SignInRequest'] } }; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Session'] } } } }; delete: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Session'] } } } };};
}
