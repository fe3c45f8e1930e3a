declare module "vitest" {
  interface ProvidedContext {
    /** A PostgreSQL server that tests may create databases on. */
    readonly databaseServerUrl: string;
    /** A folder of the run, for an embedded database that tests begin with copies of. */
    readonly templateFolder: string;
  }
}

export {};
