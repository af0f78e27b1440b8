/** The door to the user's settings. It loads a parser of YAML: import it where a setting is needed. */
export { limitsOf } from './limits.ts';
export { type RegistriesSettings, registriesOf } from './registries.ts';
export { readUserConfig } from './user-config.ts';
