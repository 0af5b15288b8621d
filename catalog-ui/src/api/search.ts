import type { components } from '@/api/schema';

export type SearchAnswer = components['schemas']['SearchAnswer'];
export type SearchHit = components['schemas']['SearchHit'];
export type SearchMatch = components['schemas']['SearchMatch'];
