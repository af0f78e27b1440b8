/** The blocks of a bake file, and how many labels each has. */
export const SCHEMA = {
  variable: { labels: 1, blocks: { validation: { labels: 0 } } },
  function: { labels: 1 },
  group: { labels: 1 },
  target: { labels: 1 },
} as const;
