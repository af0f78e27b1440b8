import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { isErrno, TsbuildError } from '../base/error.ts';
import type { ContainerConfig } from '../oci/types.ts';
import { type PortRequest, parsePort } from './parse-port.ts';
import type { PortBinding } from './spec.ts';

/** What EXPOSE names, to be published on free ports. */
export function exposedPorts({ ExposedPorts = {} }: ContainerConfig): PortRequest[] {
  return Object.keys(ExposedPorts).flatMap(parsePort);
}

/** Chooses a free port where none is given. */
export async function bindPorts(requests: readonly PortRequest[]): Promise<PortBinding[]> {
  const bindings: PortBinding[] = [];
  for (const request of requests) {
    const hostPort = request.hostPort === 0 ? await tryPort(request) : request.hostPort;
    if (bindings.some((other) => isSame(other, { ...request, hostPort }))) throw portInUse({ ...request, hostPort });
    bindings.push({ ...request, hostPort });
  }
  return bindings;
}

/** CONFLICT where another process of this machine has one of the ports. */
export async function requireFreePorts(ports: readonly PortBinding[]): Promise<void> {
  for (const binding of ports) await tryPort(binding);
}

/** Takes the port for a moment, and returns its number. */
async function tryPort(binding: PortBinding): Promise<number> {
  try {
    return await (binding.protocol === 'tcp' ? tryTcp(binding) : tryUdp(binding));
  } catch (error) {
    if (isErrno(error, 'EADDRINUSE')) throw portInUse(binding);
    if (isErrno(error, 'EACCES')) {
      throw new TsbuildError('PERMISSION', `port ${binding.hostPort} is for root: permission denied`, {
        hint: 'choose a port from 1024 on, or lower net.ipv4.ip_unprivileged_port_start',
      });
    }
    if (isErrno(error, 'EADDRNOTAVAIL')) {
      throw new TsbuildError('INVALID', `${binding.address} is no address of this machine`, {
        hint: 'leave the address out for the loopback, or give 0.0.0.0 for all',
      });
    }
    throw error;
  }
}

function tryTcp({ address, hostPort }: PortBinding): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen({ host: address, port: hostPort }, () => {
      const bound = server.address() as { port: number };
      server.close(() => resolve(bound.port));
    });
  });
}

function tryUdp({ address, hostPort }: PortBinding): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').once('error', reject);
    socket.bind({ address, port: hostPort }, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

function isSame(a: PortBinding, b: PortBinding): boolean {
  return a.address === b.address && a.hostPort === b.hostPort && a.protocol === b.protocol;
}

function portInUse({ address, hostPort, protocol }: PortBinding): TsbuildError {
  return new TsbuildError('CONFLICT', `port ${address}:${hostPort}/${protocol} is already in use`, {
    hint: 'choose another port, or stop what listens there; `tsbuild ps` shows the ports of containers',
  });
}

/** `127.0.0.1:8080->80/tcp`. */
export function portText({ address, hostPort, port, protocol }: PortBinding): string {
  return `${hostText(address, hostPort)}->${port}/${protocol}`;
}

export function hostText(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
