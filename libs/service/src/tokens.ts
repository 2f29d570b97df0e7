/** What is injectable everywhere in a service: `@Inject(BUS) bus: Bus`. */
export const BUS = Symbol('bus');
export const LOGGER = Symbol('logger');
export const CONFIG = Symbol('config');
export const HEALTH = Symbol('health');
/** The transport that serves the service's handlers, to activate those of a leader. */
export const TRANSPORT = Symbol('transport');
