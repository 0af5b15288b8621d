/** What the words of the mesh mean, for tooltips on first use and for the glossary page. */
export const glossary = {
  domain:
    'A part of the organisation that owns its data and answers for it, with its own repository folder and rules.',
  product:
    'What a domain offers others: one or more ports, the contract of each, an owner and a promise. Described by an ODPS document in git.',
  port: 'One table that a product offers, addressed as domain.product.port.',
  'output port': 'One table that a product offers, addressed as domain.product.port.',
  'input port': 'A port of another product that this product is made from.',
  contract:
    'What a port promises: its columns, their types and meaning, checks, freshness. Described by an ODCS document in git. A commit that breaks it never lands.',
  principal: 'A person or a service that signs in. Every decision is about one principal.',
  grant:
    'A right that somebody was given on request, with an end date. It counts in every decision until it ends.',
  request:
    'Somebody asks for what the rules do not give, and says for which purpose and until when.',
  purpose: 'What the data is used for. Rules may allow a purpose and forbid another.',
  policy: 'The rules that decide who may do what, kept in git beside the data products.',
  rule: 'One line of the policy.',
  restriction: 'A row filter or a mask: it narrows what is seen without refusing the whole.',
  'row filter': 'Keeps only the rows that a principal may see, before anything else looks at them.',
  mask: 'Puts a changed value (a hash, a part, nothing) in the place of what a principal may not see in clear.',
  revision: 'A commit in git. Everything that is live says which revision it came from.',
  release: 'A consistent set of table versions of one product that was published together.',
  run: 'What the platform did with one revision, step by step.',
  plan: 'What would change if a revision were applied, and whom it would break.',
  step: 'One piece of a plan: create, evolve, refresh or retire a port.',
  transform: 'The SQL that makes a port from its inputs.',
  check: 'A question put to the data before it is published, such as: is the key unique?',
  lineage: 'What was made from what, taken from the plans that really ran.',
  freshness: 'How old the newest data may be, and how old it is.',
  'feature view':
    'A port whose rows say what was known of an entity, such as an airport, from a time on.',
  'feature service':
    'A named choice of features of several views, such as a model is trained on and asked with.',
  masked: 'You see a changed value in place of the real one.',
  hidden: 'You do not see the column at all.',
} as const;

export type GlossaryKey = keyof typeof glossary;
