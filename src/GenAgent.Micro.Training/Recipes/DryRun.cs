using GenAgent.Models;
using GenAgent.Training.Recipes;
using GenAgent.Training.Runs;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>What a dry run found.</summary>
/// <param name="Lines">What the run will take.</param>
/// <param name="Faults">What is wrong; empty when the run can begin.</param>
public sealed record DryRun(IReadOnlyList<string> Lines, IReadOnlyList<string> Faults);

/// <summary>Gathers what a dry run finds: a fault in one part does not keep the others from being looked at.</summary>
internal sealed class DryRunFindings
{
    private readonly List<string> _lines = [];
    private readonly List<string> _faults = [];

    public void Say(string line) => _lines.Add(line);

    public void Fault(string fault) => _faults.Add(fault);

    public void Faults(IEnumerable<string> faults) => _faults.AddRange(faults);

    /// <summary>Looks at a part; what is wrong with it is a fault.</summary>
    public void Try(Action part)
    {
        try
        {
            part();
        }
        catch (Exception fault) when (fault is RecipeException or BackendException or IOException or UnauthorizedAccessException or InvalidDataException
            or ArgumentException)
        {
            _faults.Add(fault.Message);
        }
    }

    /// <summary>
    /// Says how long a gradient training is and what it holds, without its activations: weights and moments in fp32, a gradient for each worker, the average.
    /// </summary>
    public void SayTraining(TrainingOptions training, long parameters, long trainable)
    {
        var held = (parameters * 4) + (trainable * 8) + (trainable * 4 * Math.Min(training.Workers, training.BatchSize))
            + (training.EmaDecay > 0 ? trainable * 4 : 0);
        Say($"parameters: {parameters:N0}, of which {trainable:N0} learn");
        Say($"steps: {training.Steps:N0} of {training.BatchSize} images, learning rate {training.LearningRate}");
        Say($"memory: {held / 1e9,9:N3} GB for weights, moments, gradients and average; activations come on top");
    }

    public DryRun ToDryRun() => new(_lines, _faults);
}
