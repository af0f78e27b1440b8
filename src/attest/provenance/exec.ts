import { fromBytePath } from '../../base/bytepath.ts';
import type { Json } from '../../base/digest.ts';
import type { Op } from '../../graph/vertex.ts';
import type { MountOp } from '../../ops/mounts/op.ts';

/** The numbers of BuildKit's enumerations (its `ops.proto`). */
const MOUNT_TYPES = { bind: 0, secret: 1, ssh: 2, cache: 3, tmpfs: 4 } as const;
const SHARING = { shared: 0, private: 1, locked: 2 } as const;
const NETWORKS: Readonly<Record<string, number>> = { default: 0, host: 1, none: 2 };
const INSECURE = 1;

/** A RUN as BuildKit's operation: of secrets and agents it has the ids. */
export function execOf(op: Op, place: (input: number) => number): Json {
  const mounts = (op.mounts ?? []) as unknown as readonly MountOp[];
  const script = (op.file ?? undefined) as { name: string; content: string } | undefined;
  const secretEnv = mounts.flatMap((mount) =>
    mount.type === 'secret' && mount.env !== undefined
      ? [{ ID: mount.id, name: mount.env, ...(!mount.required && { optional: true }) }]
      : [],
  );
  return {
    meta: {
      args: script === undefined ? (op.argv as Json) : [`/dev/pipes/${script.name}`],
      env: op.environment as Json,
      cwd: String(op.directory),
      ...(op.user === undefined ? {} : { user: op.user }),
    },
    mounts: [{ dest: '/', input: place(0) }, ...mounts.flatMap((mount) => mountOf(mount, place))],
    network: NETWORKS[String(op.network)] ?? 0,
    ...(op.insecure === true && { security: INSECURE }),
    ...(secretEnv.length > 0 && { secretenv: secretEnv }),
  };
}

function mountOf(mount: MountOp, place: (input: number) => number): Json[] {
  const mountType = MOUNT_TYPES[mount.type];
  const optional = 'required' in mount && !mount.required ? { optional: true } : {};
  switch (mount.type) {
    case 'bind': {
      const { target, source, input, readonly } = mount;
      return [{ dest: fromBytePath(target), selector: `/${fromBytePath(source)}`, input: place(input), readonly }];
    }
    case 'cache': {
      const { target, id, sharing, seed } = mount;
      const cacheOpt = { ID: id, sharing: SHARING[sharing] };
      return [{ dest: fromBytePath(target), input: seed === undefined ? -1 : place(seed.input), mountType, cacheOpt }];
    }
    case 'tmpfs':
      return [{ dest: fromBytePath(mount.target), input: -1, mountType }];
    case 'secret': {
      if (mount.target === undefined) return [];
      const { id, mode = 0o400, target } = mount;
      return [{ dest: fromBytePath(target), input: -1, mountType, secretOpt: { ID: id, mode, ...optional } }];
    }
    case 'ssh': {
      const { id, mode = 0o600, target } = mount;
      return [{ dest: fromBytePath(target), input: -1, mountType, SSHOpt: { ID: id, mode, ...optional } }];
    }
  }
}
