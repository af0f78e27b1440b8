export { busyboxRoot } from '../../fixtures/bases/busybox.ts';
