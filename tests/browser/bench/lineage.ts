/** An answer about lineage with so many boxes in so many columns, each of which is made from some of the column before. */
export function lineageOf(count: number, columns: number) {
  const [width, height] = [216, 52];
  const rows = Math.ceil(count / columns);
  const nodes = Array.from({ length: count }, (_, at) => {
    const column = Math.floor(at / rows);
    return {
      id: at === 0 ? focus : `made.part_${at}`,
      level: 'product',
      hops: column,
      owner: 'owners',
      product: at === 0 ? focus : `made.part_${at}`,
      place: { x: column * (width + 104), y: (at % rows) * (height + 14), width, height },
      state: { failedChecks: at % 40 === 7 ? 1 : 0, freshness: at % 9 === 4 ? 'late' : 'fresh' },
    };
  });
  const edges = nodes.flatMap((to, at) => {
    if (at < rows) return [];
    const from = [at - rows, Math.floor(at / rows - 1) * rows + ((at * 7) % rows)];
    return [...new Set(from)].map((one) => ({ from: nodes[one]?.id, to: to.id, how: [], release: 1 }));
  });
  return { focus, level: 'product', complete: true, graphVersion: 'made', nodes, edges, width: columns * 320, height: rows * 66, clusters: [], clusterEdges: [] };
}

export const focus = 'punctuality.delays';
