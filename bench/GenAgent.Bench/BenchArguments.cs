using System.Globalization;

namespace GenAgent.Bench;

/// <summary>A bench's arguments: <c>--name value</c> in any order.</summary>
internal static class BenchArguments
{
    /// <summary>The text behind a name; what is usual where it is not given.</summary>
    public static string Option(string[] args, string name, string usual) => Find(args, name) ?? usual;

    /// <summary>The number behind a name; what is usual where it is not given.</summary>
    public static int Number(string[] args, string name, int usual) => Find(args, name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;

    /// <summary>The number behind a name, which may be a fraction; what is usual where it is not given.</summary>
    public static double Number(string[] args, string name, double usual) =>
        Find(args, name) is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : usual;

    /// <summary>The text behind a name; null where it is not given.</summary>
    public static string? Find(string[] args, string name)
    {
        var at = Array.IndexOf(args, name);
        if (at < 0) return null;
        return at + 1 < args.Length ? args[at + 1] : throw new ArgumentException($"{name} needs a value.", nameof(args));
    }
}
