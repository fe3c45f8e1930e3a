declare module "vitest" {
  interface ProvidedContext {
    /** A PostgreSQL server that tests may create databases on. */
    readonly databaseServerUrl: string;
  }
}

export {};
