using System.Globalization;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Running;

namespace GenAgent.Evaluation.Runs;

/// <summary>An image of an evaluation that is to be made and judged.</summary>
/// <param name="Task">The prompt.</param>
/// <param name="Index">Which image of the prompt, from 0.</param>
internal sealed record SampleTask(BenchmarkTask Task, int Index) : IRunTask
{
    /// <inheritdoc/>
    public string Key => KeyOf(Task.Id, Index);

    /// <summary>The key of an image of a prompt.</summary>
    public static string KeyOf(string promptId, int index) => string.Create(CultureInfo.InvariantCulture, $"{promptId}#{index}");
}
