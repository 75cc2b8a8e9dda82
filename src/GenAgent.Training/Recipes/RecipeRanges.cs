using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Torch.Flux;

namespace GenAgent.Training.Recipes;

/// <summary>Checks the ranges that options records declare, all the way down.</summary>
internal static class RecipeRanges
{
    /// <summary>One sentence a value that is out of its range, with its path as it stands in the recipe.</summary>
    public static IEnumerable<string> Faults(object options, string path = "")
    {
        if (options is IModelConfig model)
        {
            foreach (var fault in model.Faults()) yield return $"{path}: {fault}";
        }

        foreach (var property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
        {
            var name = property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            var where = path.Length == 0 ? name : $"{path}.{name}";
            var value = property.GetValue(options);
            if (property.GetCustomAttribute<RangeAttribute>() is { } range && value is not null && !IsWithin(range, value))
                yield return string.Create(CultureInfo.InvariantCulture, $"{where} is {value}; allowed are {range.Minimum} to {range.Maximum}.");
            if (value is IEnumerable<object> list)
            {
                foreach (var fault in list.SelectMany((one, i) => IsOurs(one.GetType()) ? Faults(one, $"{where}[{i}]") : [])) yield return fault;
            }

            if (value is null or string or IEnumerable || !IsOurs(property.PropertyType)) continue;
            foreach (var fault in Faults(value, where)) yield return fault;
        }
    }

    private static bool IsOurs(Type type) => type.Namespace?.StartsWith("GenAgent", StringComparison.Ordinal) is true;

    // RangeAttribute lets NaN through, and compares a long with bounds that were given as doubles by way of text.
    private static bool IsWithin(RangeAttribute range, object value)
    {
        var number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
        return number >= Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture) && number <= Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);
    }
}
