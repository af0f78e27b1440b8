import { TsbuildError } from '../base/error.ts';
import { commitContainer } from '../containers/commit.ts';
import type { ContainerSpec } from '../containers/spec.ts';
import { parseBuildFile } from '../frontend/parse.ts';
import { planImage } from '../frontend/plan.ts';
import { OCI_MANIFEST } from '../oci/media-types.ts';
import { hostPlatform } from '../oci/platform.ts';
import type { ContainerConfig } from '../oci/types.ts';
import { tagName } from './build-options.ts';
import { findContainer } from './container-actions.ts';
import { inNamespace } from './namespace.ts';
import { withWorkspace } from './open.ts';
import type { GlobalArguments } from './options.ts';
import { cancelOnSignals } from './signals.ts';

export interface CommitArguments extends GlobalArguments {
  container: string;
  image?: string | undefined;
  author?: string | undefined;
  message?: string | undefined;
  change?: string[] | undefined;
}

/** Makes an image of a container, and prints its ID. In our namespace, since its files are many users'. */
export function commitAction(argv: CommitArguments): Promise<number> {
  const name = argv.image === undefined ? undefined : tagName(argv.image);
  return inNamespace(argv, async (environment) => {
    const { signal, dispose } = cancelOnSignals();
    try {
      return await withWorkspace(environment, signal, async (workspace) => {
        const spec = findContainer(workspace.store.containers, argv.container);
        const config = await changedConfig(spec, argv.change ?? []);
        const { author, message } = argv;
        const { descriptor, manifest } = await commitContainer(spec, workspace, { config, author, message, signal });
        if (name === undefined) await workspace.store.images.add(descriptor);
        else await workspace.store.images.tag(name, descriptor);
        process.stdout.write(`${manifest.config.digest}\n`);
        return 0;
      });
    } finally {
      dispose();
    }
  });
}

const CHANGES = 'CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL ONBUILD STOPSIGNAL USER VOLUME WORKDIR'.split(' ');
const BASE = 'container';

/** `--change`: the instructions mean what they mean in a build file. */
async function changedConfig({ config, image }: ContainerSpec, changes: string[]): Promise<ContainerConfig> {
  if (changes.length === 0) return config;
  for (const change of changes) {
    const [word = ''] = change.trim().split(/\s/, 1);
    if (CHANGES.includes(word.toUpperCase()) && !change.includes('\n')) continue;
    throw new TsbuildError('USAGE', `--change ${change}: ${word} changes no configuration`, {
      hint: `use one of ${CHANGES.join(', ')}`,
    });
  }
  const platform = hostPlatform();
  const text = [`FROM ${BASE}`, ...changes, ''].join('\n');
  const plan = await planImage(parseBuildFile({ name: '--change', text }), {
    buildArgs: {},
    labels: {},
    scope: BASE,
    noCache: false,
    buildPlatform: platform,
    targetPlatform: platform,
    warn: () => undefined,
    resolveImage: async () => ({
      reference: image.name,
      manifest: { mediaType: OCI_MANIFEST, digest: image.manifest, size: 0 },
      layers: [],
      config: { ...platform, config: { ...config, OnBuild: undefined }, rootfs: { type: 'layers', diff_ids: [] } },
    }),
  });
  return plan.config;
}
