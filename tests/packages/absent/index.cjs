throw new Error("a package was loaded that the alias ought to have replaced");
