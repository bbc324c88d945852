package io.github.sparkbatchnorm.layer;

/** PyTorch's batch norm modules, each of which takes samples of certain ranks. */
public enum BatchNormModule {
    /** Takes {@code [C]} and {@code [C,L]}. */
    BATCH_NORM_1D("BatchNorm1d", 1, 2),
    /** Takes {@code [C,H,W]}. */
    BATCH_NORM_2D("BatchNorm2d", 3, 3),
    /** Takes {@code [C,D,H,W]}. */
    BATCH_NORM_3D("BatchNorm3d", 4, 4);

    private final String moduleName;
    private final int minRank;
    private final int maxRank;

    BatchNormModule(String moduleName, int minRank, int maxRank) {
        this.moduleName = moduleName;
        this.minRank = minRank;
        this.maxRank = maxRank;
    }

    /**
     * Whether this module takes samples of a rank.
     *
     * @param rank the number of axes of a sample, without the batch axis
     * @return true for the rank of one of its {@link #ranks}
     */
    public boolean acceptsRank(int rank) {
        return minRank <= rank && rank <= maxRank;
    }

    /** {@return the shapes of the samples that this module takes, such as {@code [C, H, W]}} */
    public String ranks() {
        return switch (this) {
            case BATCH_NORM_1D -> "[C] or [C, L]";
            case BATCH_NORM_2D -> "[C, H, W]";
            case BATCH_NORM_3D -> "[C, D, H, W]";
        };
    }

    /** PyTorch's name of this module, such as {@code BatchNorm2d}. */
    @Override
    public String toString() {
        return moduleName;
    }
}
