using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace GenAgent.Validation;

/// <summary>
/// The one way in which options are checked: ranges by <see cref="RangeAttribute"/>, lengths of text by <see cref="StringLengthAttribute"/>, defined values
/// of enums, and what an <see cref="IOptionRules"/> adds, all the way down through nested options and lists of them.
/// </summary>
public static class OptionRules
{
    /// <summary>Throws if an option breaks a rule.</summary>
    /// <param name="options">The options.</param>
    /// <param name="path">The path of the options themselves, such as <c>Agent</c>; empty for none.</param>
    /// <exception cref="ArgumentException">One or more options break a rule; the message names them all, with the values that are allowed.</exception>
    public static void Validate(object options, string path)
    {
        var problems = FindProblems(options, path).ToArray();
        if (problems.Length > 0)
        {
            throw new ArgumentException(string.Join(' ', problems), nameof(options));
        }
    }

    /// <summary>One sentence for each broken rule: the option's path, its value, and what is allowed.</summary>
    /// <param name="options">The options.</param>
    /// <param name="path">The path of the options themselves; empty for none.</param>
    /// <param name="names">How paths are written; null for <see cref="OptionNames.Configuration"/>.</param>
    /// <returns>The sentences; empty for none.</returns>
    public static IEnumerable<string> FindProblems(object options, string path, OptionNames? names = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        names ??= OptionNames.Configuration;
        var properties = PropertiesOf(options.GetType()).ToArray();
        foreach (var property in properties)
        {
            var (where, value) = (names.Join(path, property), property.GetValue(options));
            if (value is not null && Problem(property, value) is { } problem)
            {
                yield return where + problem;
            }

            foreach (var nested in Nested(property, value, where).SelectMany(one => FindProblems(one.Options, one.Path, names)))
            {
                yield return nested;
            }
        }

        if (options is IOptionRules rules)
        {
            var paths = properties.ToDictionary(property => property.Name, property => names.Join(path, property), StringComparer.Ordinal);
            foreach (var problem in rules.FindProblems(path, name => paths[name]))
            {
                yield return problem;
            }
        }
    }

    /// <summary>Whether a value of the option's own type keeps to the option's rules.</summary>
    /// <param name="option">The option.</param>
    /// <param name="value">The value.</param>
    /// <returns>True if it is allowed.</returns>
    public static bool IsAllowed(PropertyInfo option, object value) => Problem(option, value) is null;

    /// <summary>What an option may be, such as <c>a whole number from 1 to 100</c>.</summary>
    /// <param name="option">The option.</param>
    /// <returns>Words for a message.</returns>
    public static string Allowed(PropertyInfo option)
    {
        ArgumentNullException.ThrowIfNull(option);
        var type = Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType;
        var kind = type switch
        {
            { IsEnum: true } => $"one of {string.Join(", ", Enum.GetNames(type).Select(name => name.ToLowerInvariant()))}",
            _ when type == typeof(bool) => "true or false",
            _ when type == typeof(TimeSpan) => "a duration",
            _ when type == typeof(float) || type == typeof(double) => "a number",
            _ => "a whole number",
        };
        return option.GetCustomAttribute<RangeAttribute>() is { } range
            ? string.Create(CultureInfo.InvariantCulture, $"{kind} from {range.Minimum} to {range.Maximum}")
            : type == typeof(TimeSpan) ? "a duration, as in 00:01:30" : kind;
    }

    private static string? Problem(PropertyInfo property, object value)
    {
        if (value is string text)
        {
            return property.GetCustomAttribute<StringLengthAttribute>() is { } length
                && (text.Length < length.MinimumLength || text.Length > length.MaximumLength)
                ? string.Create(CultureInfo.InvariantCulture, $"'s length is {text.Length}, but must be from {length.MinimumLength} to {length.MaximumLength}.")
                : null;
        }

        var allowed = value is Enum
            ? Enum.IsDefined(value.GetType(), value)
            : property.GetCustomAttribute<RangeAttribute>() is not { } range || IsWithin(range, value);
        return allowed ? null : string.Create(CultureInfo.InvariantCulture, $" is {value}, but must be {Allowed(property)}.");
    }

    // RangeAttribute itself lets NaN through, and compares a long with bounds that were given as doubles by way of text.
    private static bool IsWithin(RangeAttribute range, object value) =>
        value is TimeSpan time
            ? time >= TimeSpan.Parse((string)range.Minimum, CultureInfo.InvariantCulture)
                && time <= TimeSpan.Parse((string)range.Maximum, CultureInfo.InvariantCulture)
            : Number(value) >= Number(range.Minimum) && Number(value) <= Number(range.Maximum);

    private static double Number(object value) => Convert.ToDouble(value, CultureInfo.InvariantCulture);

    private static IEnumerable<(object Options, string Path)> Nested(PropertyInfo property, object? value, string path) => value switch
    {
        null or string => [],
        IEnumerable<object> list =>
            list.Select((one, i) => (one, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"))).Where(pair => IsOurs(pair.one.GetType())),
        IEnumerable => [],
        _ => IsOurs(property.PropertyType) && !property.PropertyType.IsEnum ? [(value, path)] : [],
    };

    private static IEnumerable<PropertyInfo> PropertiesOf(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite && property.GetIndexParameters().Length == 0);

    private static bool IsOurs(Type type) => type is { IsValueType: false, Namespace: { } space } && space.StartsWith("GenAgent", StringComparison.Ordinal);
}
