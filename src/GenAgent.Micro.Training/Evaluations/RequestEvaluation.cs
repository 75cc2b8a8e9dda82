using System.Globalization;
using GenAgent.Micro.Language;
using GenAgent.Micro.Training.Recipes;
using GenAgent.Torch.Chat;
using GenAgent.Training.Runs;

namespace GenAgent.Micro.Training.Evaluations;

/// <summary>Asks the model that is being trained for first turns; what it misunderstood stands in the run's folder, <c>requests-STEP.txt</c>.</summary>
internal sealed class RequestEvaluation(RequestOptions options, TrainCall call) : IModelEvaluation
{
    public IReadOnlyDictionary<string, double> Evaluate(long stepsTaken, string modelFolder)
    {
        using var chat = TorchChatClient.Open(modelFolder);
        var asked = new RequestTrialOptions { PerTopic = options.PerTopic, TrainedPerTopic = options.TrainedPerTopic, Concurrency = options.Jobs };
        var answers = RequestTrial.RunAsync(chat, asked, call.CancellationToken).GetAwaiter().GetResult();
        File.WriteAllLines(
            Path.Combine(call.Folder, string.Create(CultureInfo.InvariantCulture, $"requests-{stepsTaken:D7}.txt")),
            answers.Where(a => !a.Planned).Select(a => $"{a.Set}/{a.Topic}\t{OneLine(a.Request)}\t{a.Meaning ?? "decline"}\t{OneLine(a.Turn)}"));
        return RequestTrial.Figures(answers);
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}

/// <summary>Several evaluations, one after the other.</summary>
internal sealed class EvaluationsInTurn(IReadOnlyList<IModelEvaluation> evaluations) : IModelEvaluation
{
    public IReadOnlyDictionary<string, double> Evaluate(long stepsTaken, string modelFolder) =>
        evaluations.SelectMany(evaluation => evaluation.Evaluate(stepsTaken, modelFolder))
            .ToDictionary(figure => figure.Key, figure => figure.Value, StringComparer.Ordinal);
}
