using System.CommandLine;

namespace GenAgent.Cli.Hosting;

/// <summary>Makes arguments and flags, a line each.</summary>
internal static class Flag
{
    /// <summary>An argument that must be given: one of the values, or anything where none are named.</summary>
    public static Argument<string> Argument(string name, string description, params string[] values)
    {
        var argument = new Argument<string>(name) { Description = description };
        if (values.Length > 0) argument.AcceptOnlyFromAmong(values);
        return argument;
    }

    /// <summary>Arguments as many as the arity says.</summary>
    public static Argument<string[]> Arguments(string name, string description, ArgumentArity arity) => new(name) { Description = description, Arity = arity };

    /// <summary>A flag that may be left out.</summary>
    public static Option<T> Of<T>(string name, string value, string description) => new(name) { Description = description, HelpName = value };

    /// <summary>A flag with a value by default.</summary>
    public static Option<T> Of<T>(string name, string value, string description, T byDefault) =>
        new(name) { Description = description, HelpName = value, DefaultValueFactory = _ => byDefault };

    /// <summary>A flag that must be given.</summary>
    public static Option<string> Required(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value, Required = true };

    /// <summary>A flag that may be given several times.</summary>
    public static Option<string[]> Many(string name, string value, string description) => Of<string[]>(name, value, description, []);

    /// <summary>A flag that takes one of some values.</summary>
    public static Option<string?> Among(string name, string? value, string description, string? byDefault, params string[] values)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = value };
        if (byDefault is not null) option.DefaultValueFactory = _ => byDefault;
        option.AcceptOnlyFromAmong(values);
        return option;
    }

    public static Option<bool> Switch(string name, string description) => new(name) { Description = description };

    /// <summary>The flag <c>--json</c>; what it writes is written with <see cref="GenAgent.Storage.SnakeCaseJson"/>.</summary>
    public static Option<bool> Json() => Switch("--json", "Writes JSON, one object a line, for programs to read.");

    /// <summary>The argument that names a model of the hub.</summary>
    public static Argument<string> Model() => Argument("model", "ORG/NAME or hf:ORG/NAME, with @REVISION where it is not main.");

    /// <summary>The flag <c>--seed</c>.</summary>
    public static Option<ulong> Seed() => Of("--seed", "N", "Where all randomness comes from.", 1UL);

    /// <summary>The flag <c>--jobs</c>.</summary>
    public static Option<int> Jobs(string what) => Of("--jobs", "N", $"{what} at once; changes no result.", 16);
}
