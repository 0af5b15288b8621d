import { queryOptions } from '@tanstack/react-query';
import { api, read } from '@/api/client';
import type { components } from '@/api/schema';

export type HomeAnswer = components['schemas']['Home'];
export type Need = components['schemas']['Need'];
export type OwnProduct = components['schemas']['OwnProduct'];
export type ChangeNear = components['schemas']['ChangeNear'];

/** All of the first page of the signed-in person, in one call. */
export const homeQuery = queryOptions({
  queryKey: ['home'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/home', { signal })),
});
