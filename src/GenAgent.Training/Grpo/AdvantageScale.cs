using System.Text.Json.Serialization;

namespace GenAgent.Training.Grpo;

/// <summary>What the rewards of a group, less their mean, are divided by.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AdvantageScale>))]
public enum AdvantageScale
{
    /// <summary>The group's standard deviation (GRPO).</summary>
    [JsonStringEnumMemberName("group")]
    Group,

    /// <summary>The standard deviation of all rewards of the step.</summary>
    [JsonStringEnumMemberName("batch")]
    Batch,

    /// <summary>Nothing: the mean is taken off, and that is all (Dr. GRPO).</summary>
    [JsonStringEnumMemberName("none")]
    None,
}
