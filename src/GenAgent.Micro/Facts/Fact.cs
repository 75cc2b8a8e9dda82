using System.Globalization;
using System.Text.Json.Serialization;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Facts;

/// <summary>The six domains of knowledge, as in WISE.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<KnowledgeDomain>))]
public enum KnowledgeDomain
{
    /// <summary>Customs, arts, games, stories.</summary>
    [JsonStringEnumMemberName("culture")]
    Culture,

    /// <summary>Calendar, clocks, seasons.</summary>
    [JsonStringEnumMemberName("time")]
    Time,

    /// <summary>Geography and astronomy.</summary>
    [JsonStringEnumMemberName("space")]
    Space,

    /// <summary>Living things.</summary>
    [JsonStringEnumMemberName("biology")]
    Biology,

    /// <summary>Physics and geometry.</summary>
    [JsonStringEnumMemberName("physics")]
    Physics,

    /// <summary>Substances and atoms.</summary>
    [JsonStringEnumMemberName("chemistry")]
    Chemistry,
}

/// <summary>What a fact gives.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FactKind>))]
public enum FactKind
{
    /// <summary>A number from 1 to 7; the text is a plural, as in "days in a weekend".</summary>
    [JsonStringEnumMemberName("number")]
    Number,

    /// <summary>One of the eight colours; the text is a thing of that colour, as in "ripe bananas".</summary>
    [JsonStringEnumMemberName("color")]
    Color,

    /// <summary>One of the eight classes; the text is a thing of that shape, as in "a slice of pizza".</summary>
    [JsonStringEnumMemberName("shape")]
    Shape,
}

/// <summary>A piece of common knowledge that settles a number, a colour or a shape. Immutable.</summary>
/// <param name="Id">Its name, as <c>time-number-04</c>.</param>
/// <param name="Domain">What it is about.</param>
/// <param name="Kind">What it gives.</param>
/// <param name="Value">The number in digits, or the colour's or class's word.</param>
/// <param name="Text">The thing with this value, as a noun phrase.</param>
/// <param name="Source">Where the fact is generally known from.</param>
public sealed record Fact(string Id, KnowledgeDomain Domain, FactKind Kind, string Value, string Text, string Source)
{
    /// <summary>The fact in a sentence.</summary>
    [JsonIgnore]
    public string Statement => Kind switch
    {
        FactKind.Number => $"The number of {Text} is {Value}.",
        FactKind.Color => $"The color of {Text} is {Value}.",
        _ => $"The shape of {Text} is a {Value}.",
    };

    internal int Number => int.Parse(Value, CultureInfo.InvariantCulture);

    internal ShapeColor Color =>
        WorldWords.TryParse(Value, out ShapeColor color) ? color : throw new InvalidDataException($"Fact {Id}: no colour \"{Value}\".");

    internal ShapeClass Shape => WorldWords.TryParse(Value, out ShapeClass kind) ? kind : throw new InvalidDataException($"Fact {Id}: no shape \"{Value}\".");
}
