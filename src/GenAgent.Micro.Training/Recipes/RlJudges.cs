using GenAgent.Judging;
using GenAgent.Training.Grpo.Rewards;
using GenAgent.Training.Recipes;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Training.Recipes;

/// <summary>The judges that a recipe names, and what rollouts earn by them. Owns the models that judge.</summary>
internal sealed class RlJudges : IDisposable
{
    private readonly List<IChatClient> _models = [];

    /// <summary>Opens the judges.</summary>
    /// <exception cref="RecipeException">A judge is not there, or not trusted.</exception>
    public RlJudges(RlRecipe recipe, TrainCall call)
    {
        try
        {
            var pairwise = recipe.PairwiseJudge.Length > 0 ? new PairwiseJudge(Model(recipe.PairwiseJudge, "pairwiseJudge", call)) : null;
            var judge = Judge(recipe.Judge, "judge", call);
            Rubric = new Rubric(recipe.Rewards, judge, pairwise, recipe.Monitor.Length > 0 ? Judge(recipe.Monitor, "monitor", call) : null);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What a rollout earns.</summary>
    public Rubric Rubric { get; }

    /// <inheritdoc/>
    public void Dispose() => _models.ForEach(model => model.Dispose());

    private IJudge Judge(string uri, string key, TrainCall call)
    {
        var backends = call.Surroundings.Backends();
        return backends.IsJudge(uri)
            ? backends.CreateJudgeAsync(uri, call.CancellationToken).AsTask().GetAwaiter().GetResult()
            : new PointwiseJudge(Model(uri, key, call));
    }

    private IChatClient Model(string uri, string key, TrainCall call)
    {
        var model = call.OpenChat(uri, key);
        _models.Add(model);
        return model;
    }
}
