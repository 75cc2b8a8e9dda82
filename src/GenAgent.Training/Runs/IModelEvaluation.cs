namespace GenAgent.Training.Runs;

/// <summary>Evaluates a model periodically while it is trained; the figures go to the run's log.</summary>
public interface IModelEvaluation
{
    /// <summary>Evaluates.</summary>
    /// <param name="stepsTaken">Optimizer steps so far.</param>
    /// <param name="modelFolder">The whole model with the averaged weights, in the layout that the model is published in.</param>
    /// <returns>Figures by name; a <c>/</c> groups them.</returns>
    IReadOnlyDictionary<string, double> Evaluate(long stepsTaken, string modelFolder);
}
