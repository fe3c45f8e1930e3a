import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskPassword } from "../../src/config/mask-password.ts";

describe("maskPassword()", () => {
  it("masks the password of a URL and nothing else", () => {
    expect(maskPassword("postgres://ada:secret@db.example:5432/mirror")).toBe(
      "postgres://ada:***@db.example:5432/mirror",
    );
  });

  it("leaves a URL without a password as it is", () => {
    expect(maskPassword("postgres://ada@localhost/mirror")).toBe("postgres://ada@localhost/mirror");
    expect(maskPassword("http://localhost:3383")).toBe("http://localhost:3383");
  });

  it("masks a password that should have been percent-encoded", () => {
    expect(maskPassword("postgres://ada:p@ss/w:rd@localhost/mirror")).not.toContain("ss/w:rd");
  });

  it("masks the password of a user who is named after a server", () => {
    expect(maskPassword("postgres://ada@server:secret@db.example/mirror")).toBe(
      "postgres://ada@server:***@db.example/mirror",
    );
  });

  it("masks a password in a list of keys and values", () => {
    expect(maskPassword("host=db user=ada password=secret dbname=mirror")).toBe(
      "host=db user=ada password=*** dbname=mirror",
    );
    expect(maskPassword("password = 'my \\'secret' host=db")).toBe("password = *** host=db");
    expect(maskPassword('"password=secret host=db"')).toBe('"password=*** host=db"');
  });

  it("masks a password in the query", () => {
    expect(maskPassword("postgres://localhost/mirror?user=ada&password=secret&x=1")).toBe(
      "postgres://localhost/mirror?user=ada&password=***&x=1",
    );
  });

  it("shows no password of any URL", () => {
    const users = fc.constantFrom("ada", "ada@server", "");
    const passwords = fc.string({ minLength: 4 });
    fc.assert(
      fc.property(users, passwords, (user, password) => {
        const url = `postgres://${user}:${password}-secret@localhost/mirror`;

        expect(maskPassword(url)).not.toContain(`${password}-secret`);
      }),
    );
  });
});
