/** Programs of users that are asked over HTTPS: where they are, and what they answer. */
export { backendOfService, type Backend, type ServiceReference, type Services, type Unavailable } from './backend';
export { WebhookAsker } from './webhook-asker';
export { WebhookClient, WebhookFailed, type PostOptions } from './webhook-client';
