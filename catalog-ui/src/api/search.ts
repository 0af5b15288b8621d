import type { components, operations } from '@/api/schema';

export type SearchAnswer = components['schemas']['SearchAnswer'];
export type SearchHit = components['schemas']['SearchHit'];
export type SearchMatch = components['schemas']['SearchMatch'];
export type SearchQuery = NonNullable<operations['get_search']['parameters']['query']>;
