export { TestSystem } from '@shiplog/testing';
