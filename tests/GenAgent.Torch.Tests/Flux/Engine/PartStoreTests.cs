using GenAgent.Torch.Flux;
using GenAgent.Torch.Flux.Engine;
using GenAgent.Torch.Flux.Loading;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux.Engine;

public sealed class PartStoreTests
{
    [Fact]
    public void The_part_used_longest_ago_makes_room_first()
    {
        var unloaded = new List<string>();
        using var store = new PartStore(budget: 100, part => unloaded.Add(part.Name));
        var (first, second, third) = (NewPart("first", 40), NewPart("second", 40), NewPart("third", 50));

        store.Get(first);
        store.Get(second);
        store.Get(first);
        store.Get(third);

        unloaded.ShouldBe(["second"]);
        (first.IsLoaded, second.IsLoaded, third.IsLoaded).ShouldBe((true, false, true));
    }

    [Fact]
    public void A_part_that_is_larger_than_the_budget_is_loaded_alone()
    {
        using var store = new PartStore(budget: 10);
        var (small, large) = (NewPart("small", 5), NewPart("large", 50));

        store.Get(small);
        store.Get(large);

        (small.IsLoaded, large.IsLoaded).ShouldBe((false, true));
    }

    [Fact]
    public void A_part_that_made_room_is_read_again_when_it_is_wanted()
    {
        var loads = 0;
        using var store = new PartStore(budget: 10);
        var part = new Part<MemoryStream>("part", 10, () =>
        {
            loads++;
            return new MemoryStream();
        });

        store.Get(part);
        store.Get(part);
        store.Get(NewPart("other", 10));
        store.Get(part);

        loads.ShouldBe(2);
    }

    [Fact]
    public void A_transformer_that_makes_room_gives_its_memory_back_at_once()
    {
        using var folder = new TinyFluxFolder();
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var store = new PartStore(budget: null);
        var part = new Part<GenAgent.Torch.Flux.Transformer.FluxTransformer>("transformer", 1, () => FluxFolder.LoadTransformer(folder.Path).Freeze());
        var model = store.Get(part);
        TinyFlux.Run(model);
        var parameters = model.parameters().ToList();

        part.Unload();

        parameters.ShouldAllBe(parameter => parameter.IsInvalid);
    }

    private static Part<MemoryStream> NewPart(string name, long bytes) => new(name, bytes, () => new MemoryStream());
}
