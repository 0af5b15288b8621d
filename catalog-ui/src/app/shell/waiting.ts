/** How many requests wait for this person's decision. */
export function useWaitingRequests(): number {
  return 0;
}
